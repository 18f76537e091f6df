"""The one gate: a PackError becomes a message, the next step and an exit code; anything else is our bug (70)."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(_code())


def _code() -> int:
    from autonomy_pack.commands import autonomy
    from autonomy_pack.errors import PackError

    try:
        return int(autonomy(prog_name="autonomy", standalone_mode=False) or 0)
    except PackError as error:
        _say(error.says, error.fix)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has gone; what was done is done. Python would complain once more at its exit.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - lives as long as the process
        return 0
    except KeyboardInterrupt:
        _say("interrupted", "Nothing was lost; run the same command to go on.")
        return 5
    except Exception as error:  # noqa: BLE001 - the gate
        return _foreign(error)


def _foreign(error: Exception) -> int:
    """click's own errors are wrong usage, told as ours are; everything else is our bug."""
    import click

    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.Abort):
        _say("interrupted", "Nothing was lost; run the same command to go on.")
        return 5
    if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # click 8.2 and newer
        error.show()  # type: ignore[attr-defined]
        return 2
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        says = error.format_message().rstrip(".")
        _say(f"{says[:1].lower()}{says[1:]}", f"`{context.command_path if context else 'autonomy'} --help` says more.")
        return 2
    return _bug(error)


def _bug(error: Exception) -> int:
    import platform
    import traceback

    from autonomy_pack import __version__
    from autonomy_pack.edges import clock, files, host
    from autonomy_pack.edges.redact import redact

    text = "".join(traceback.format_exception(error))
    log = host.state_home() / "bugs" / f"{clock.stamp(clock.now())}.log"
    about = f"autonomy-pack {__version__} · Python {platform.python_version()} · {platform.platform()}\n"
    try:
        files.write(log, redact(about + text))
    except Exception:  # noqa: BLE001 - the report matters more than its file
        sys.stderr.write(redact(about + text))
    _say(f"our bug: {type(error).__name__}: {redact(str(error))}", f"Please report it with {log}.")
    return 70


def _say(says: str, fix: str) -> None:
    from autonomy_pack.edges.redact import redact
    from autonomy_pack.edges.sanitize import visible

    sys.stderr.write(visible(f"autonomy: {redact(says)}\n  Next: {redact(fix)}\n"))


if __name__ == "__main__":
    main()
