"""The kit in a clone: what is there of it, and a plan carried out in its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from autonomy_pack.edges import artifact, documents, files
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError, WorldError
from autonomy_pack.flows.fleet import released
from autonomy_pack.flows.fleet.merged import merged
from autonomy_pack.model import Place
from autonomy_pack.policy.fleet import lock as locks
from autonomy_pack.policy.fleet import older
from autonomy_pack.policy.fleet.lock import Inputs, Lock
from autonomy_pack.policy.fleet.plan import Act, Found, Step, Wanted, plan
from autonomy_pack.schemas.told import problems
from autonomy_pack.views import kit as view

_LIMIT = 1024 * 1024


def installed(place: Place) -> Lock | None:
    """The lock of a clone, None = nothing is installed; UsageError where that is the older pack."""
    found = look(place, ())
    pack = older.recognised(found.older, found.files)
    if found.lock is None and pack:
        fix = "`autonomy fleet install --help`: an install keeps every line that was written here."
        raise UsageError(f"{place.root} has the older pack, {pack}", fix)
    return found.lock


def texts(place: Place, steps: Iterable[Step]) -> Mapping[str, str]:
    """What the files of a plan hold now."""
    return _Looked(place, [step.path for step in steps]).texts


def install(place: Place, inputs: Inputs, *, force: bool = False) -> tuple[Step, ...]:
    """The plan that brings a clone to these inputs: an install where there is none, else a sync. Writes nothing.

    UsageError for inputs that cannot stand in a workflow, and for a lock that cannot be read.
    """
    wanted = desired(inputs, _makefile(place))
    found = look(place, wanted)
    need_lock(found)
    return plan(wanted, inputs, found, merged, force=force)


def uninstall(place: Place) -> tuple[Step, ...]:
    """The plan that takes out of a clone what the pack wrote and nobody changed. Writes nothing."""
    return plan({}, None, look(place, {}), merged)


def desired(inputs: Inputs, makefile: str) -> Mapping[str, Wanted]:
    """The kit of the release that the inputs name; its line goes into the makefile of that name."""
    return {makefile if path == view.MAKEFILE else path: want for path, want in released.kit(inputs).items()}


def need_lock(found: Found) -> None:
    """UsageError where the lock is there and no plain file: what is written could not be noted, or taken out again."""
    if locks.PATH in found.odd:
        raise UsageError(f"{locks.PATH}: {found.odd[locks.PATH]}", "Remove it, or put the plain file back from git.")


def look(place: Place, wanted: Iterable[str]) -> Found:
    """What a clone has of these files, of those its lock names, and of the lock."""
    told = _Looked(place, (locks.PATH,))
    lock = read_lock(told.texts[locks.PATH]) if locks.PATH in told.texts else None
    paths = {locks.PATH, older.MARKER, *older.EVERY, *wanted, *(lock.files if lock else ())}
    seen = _Looked(place, sorted(paths))
    marked = one_line(seen.texts.get(older.MARKER, ""), 40)
    return Found(files=seen.texts, odd=seen.odd, lock=lock, bases=released.bases(lock), older=marked)


class _Looked:
    """Texts of files by path, and why others could not be read."""

    def __init__(self, place: Place, paths: Iterable[str]) -> None:
        self.texts: dict[str, str] = {}
        self.odd: dict[str, str] = {}
        for path in paths:
            self._look(place, path)

    def _look(self, place: Place, path: str) -> None:
        file = place.root / path
        if file.is_symlink() or not file.parent.resolve().is_relative_to(place.root.resolve()):
            self.odd[path] = "it is, or lies behind, a link: look at it by hand"
        elif file.is_dir():
            self.odd[path] = "it is a folder"
        elif file.exists():
            content = files.read_plain(file, _LIMIT + 1)
            try:
                self.texts[path] = content.decode()
            except UnicodeDecodeError:
                self.odd[path] = "it is no text in UTF-8"
            if len(content) > _LIMIT:
                self.odd[path] = "it is larger than any of ours"


def read_lock(text: str) -> Lock:
    """The lock that a text says; UsageError when it says none."""
    restore = f"Restore {locks.PATH} from git."
    try:
        data = artifact.strict_json(text.encode())
        document = documents.load_yaml(text, locks.PATH)  # for the lines of what is wrong
    except WorldError as error:
        raise UsageError(f"{locks.PATH}: {error.says}", restore) from error
    except UsageError as error:
        raise UsageError(error.says, restore) from error
    found = problems(document, "lock", data)
    if found:
        raise UsageError(f"{found[0].where}: {found[0].says}", f"{restore} {found[0].fix}")
    return locks.read(data)


def _makefile(place: Place) -> str:
    names = {file.name for file in place.root.iterdir()}  # as they are written, also where case does not count
    there = [name for name in view.MAKEFILES if name in names]
    return there[0] if there else view.MAKEFILE


def apply(place: Place, steps: Iterable[Step], report: Callable[[Step], None]) -> None:
    """Carry a plan out, each step reported when it is done; the lock comes last, so a plan that was cut off is made
    again. WorldError when a file cannot be written."""
    for step in steps:
        if step.changes:
            _do(place, step)
        report(step)


def _do(place: Place, step: Step) -> None:
    file = place.root / step.path
    if step.act is not Act.REMOVE:
        files.write(file, step.text)
        return
    with files.explained(f"removing {file}"):
        file.unlink(missing_ok=True)
        for folder in file.parents:
            if folder == place.root or any(folder.iterdir()):
                break
            folder.rmdir()
