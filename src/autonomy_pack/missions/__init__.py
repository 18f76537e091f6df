"""The shipped missions (one YAML file each), and what a mission must mean beyond its schema."""

from __future__ import annotations


def packaged() -> dict[str, str]:
    """Name → text of every shipped mission; works from a checkout and from a wheel."""
    from importlib.resources import files

    texts = {item.name: item.read_text("utf-8") for item in files(__name__).iterdir() if item.name.endswith(".yml")}
    return {name.removesuffix(".yml"): texts[name] for name in sorted(texts)}
