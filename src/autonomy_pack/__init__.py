"""Autonomy Pack: label an issue, get a tested and guarded pull request, with any agent or with none."""

__version__ = "0.1.0"
