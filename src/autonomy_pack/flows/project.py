"""A repository opened for work: where it is, what governs it, what it is worked on with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autonomy_pack import config as configuration
from autonomy_pack.agents import AGENTS
from autonomy_pack.contracts import Forge, Store
from autonomy_pack.edges import files, git, host
from autonomy_pack.edges.sanitize import one_line
from autonomy_pack.errors import UsageError
from autonomy_pack.flows import hosting
from autonomy_pack.model import Config, value
from autonomy_pack.model import Place as Place
from autonomy_pack.policy import names
from autonomy_pack.store import open_store

CONFIG_FILE = ".github/autonomy.yml"
CONFIG_FOLDER = ".github/autonomy"
_EXCLUDED = ".agent-workspace/"
_OUR_BRANCHES = ("agent/", "recovered/")


@value
class Base:
    """What changes are made from: the default branch and its commit. `dirty`: there are uncommitted changes."""

    branch: str
    commit: str
    dirty: bool


@dataclass(frozen=True, kw_only=True)
class Project:
    """An opened repository. `missions` are the texts of its own mission files, by path."""

    place: Place
    config: Config
    missions: Mapping[str, str]
    store: Store
    store_url: str
    forge: Forge
    repo: str = "."

    @cached_property
    def base(self) -> Base:
        """What changes are made from, looked up when it is first needed: looking back and stopping need none."""
        return self.find_base()

    def find_base(self) -> Base:
        """The default branch as it is now: the forge's own, or the checkout's where the forge has none."""
        said = self.forge.base()
        return Base(branch=said[0], commit=said[1], dirty=_is_dirty(self.place)) if said else find_base(self.place)


def find(path: Path) -> Place:
    """The repository a person means by `path`; UsageError when there is none that can be worked on."""
    if not path.is_dir():
        raise UsageError(f"{path} is not a folder", "Give the path of a git repository: --repo PATH.")
    said = git.in_folder(path, "rev-parse", "--is-bare-repository", "--path-format=absolute", "--git-common-dir")
    if said is None:
        raise UsageError(f"{path} is not in a git repository", "Run `git init` there, or give another --repo PATH.")
    bare, git_dir = git.text(said).split("\n", 1)
    if bare == "true":
        raise UsageError(f"{path} is a bare repository: it has no files", "Clone it and give the clone's path.")
    top = git.in_folder(path, "rev-parse", "--show-toplevel")
    if not top:
        raise UsageError(f"{path} is inside a .git folder", "Give the folder that holds the files.")
    root, common = Path(git.text(top)), Path(git_dir)
    workspace = (common.parent if common.name == ".git" else root) / ".agent-workspace"
    place = Place(root=root, git_dir=common, workspace=workspace)
    _need_own_workspace(place)
    return place


def _need_own_workspace(place: Place) -> None:
    """UsageError when the workspace came with the repository: its records would be a stranger's, yet believed."""
    owner = place.workspace.parent
    tracked = git.in_folder(owner, "ls-files", "-z", "--", ":(top,icase).agent-workspace") or b""
    tracked += git.in_folder(owner, "ls-tree", "-r", "-z", "--name-only", "HEAD", "--", ".agent-workspace") or b""
    strange = set(filter(None, tracked.decode(errors="replace").split("\0"))) - {".agent-workspace/STOP"}
    if strange or place.workspace.is_symlink():
        raise UsageError(
            f"{place.workspace} belongs to the repository, but it is where our own records are kept",
            "Look at what it holds; then take it out of git (`git rm -r --cached .agent-workspace`) and remove it.",
        )


def find_base(place: Place) -> Base:
    """The default branch: origin/HEAD, else init.defaultBranch, main, master, else the only branch there is."""
    every = git.text(git.run("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads", at=place.git_dir)).split()
    branches = [name for name in every if not name.startswith(_OUR_BRANCHES)]
    if not branches:
        raise UsageError(
            f"{place.root} has no commit yet", "Commit something on its main branch, then run the same command."
        )
    wanted = [_answer(place, "symbolic-ref", "-q", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")]
    wanted += [_default_branch(place), "main", "master"]
    known = [name for name in wanted if name in branches] or (branches if len(branches) == 1 else [])
    if not known:
        raise UsageError(
            f"{place.root} has no default branch: none of its {len(branches)} branches is main or master",
            "Name it: `git config init.defaultBranch NAME`.",
        )
    commit = git.text(git.run("rev-parse", f"refs/heads/{known[0]}^{{commit}}", at=place.git_dir))
    return Base(branch=known[0], commit=commit, dirty=_is_dirty(place))


def _is_dirty(place: Place) -> bool:
    """Whether tracked files differ from the index; no filter that the repository configures is run to find out."""
    words = ("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all")
    return bool(git.run(*words, at=place.git_dir, work_tree=place.root, env=_no_filters(place)))


def _no_filters(place: Place) -> dict[str, str]:
    """Variables that switch every configured filter off; `-c` could not name one whose name has a "=" in it."""
    words = ("config", "--null", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process|required)$")
    _, out = git.answer(*words, at=place.git_dir, ok=(0, 1))
    keys = sorted(set(filter(None, out.decode("utf-8", "surrogateescape").split("\0"))))
    off = {f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(keys)}
    off |= {
        f"GIT_CONFIG_VALUE_{number}": "false" if key.endswith(".required") else "" for number, key in enumerate(keys)
    }
    return {"GIT_CONFIG_COUNT": str(len(keys)), **off}


def _answer(place: Place, *words: str) -> str:
    code, out = git.answer(*words, at=place.git_dir, ok=(0, 1))
    return git.text(out) if code == 0 else ""


def _default_branch(place: Place) -> str:
    users = {"GIT_CONFIG_GLOBAL": str(host.home() / ".gitconfig")}
    code, out = git.answer("config", "--get", "init.defaultBranch", at=place.git_dir, env=users, ok=(0, 1, 128))
    return git.text(out) if code == 0 else ""


def governing_files(place: Place) -> dict[str, bytes]:
    """What may make us run something: configuration, missions and instructions, as they are in the checkout."""
    folder = place.root / CONFIG_FOLDER
    paths = [place.root / CONFIG_FILE, *(folder.rglob("*") if folder.is_dir() else [])]
    found = sorted(path for path in paths if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(place.root)): files.read(path) for path in found}


def mission_texts(governing: Mapping[str, bytes]) -> dict[str, str]:
    """The repository's own mission files, path → text."""
    return {
        path: content.decode("utf-8", "replace")
        for path, content in governing.items()
        if path.startswith(f"{CONFIG_FOLDER}/missions/") and path.endswith((".yml", ".yaml"))
    }


def read_config(place: Place) -> Config:
    """The repository's configuration, or the defaults when it has none; UsageError with file, line and fix."""
    path = place.root / CONFIG_FILE
    text = files.read(path).decode("utf-8", "replace") if path.is_file() and not path.is_symlink() else None
    config = configuration.load_config(text, CONFIG_FILE)
    if config.agent not in AGENTS:
        raise UsageError(f"{CONFIG_FILE}: there is no agent {config.agent}", f"The agents are {', '.join(AGENTS)}.")
    return config


def store_url(place: Place, config: Config) -> str:
    """AUTONOMY_STORE, else what the configuration names: refs of the repository on GitHub, or the file here."""
    if given := host.setting("AUTONOMY_STORE"):
        return given
    if config.store == "gitrefs":
        return f"gitrefs+{hosting.git_url(place)}"
    return f"sqlite:///{place.workspace / 'autonomy.db'}"


def open_project(path: Path, *, store: str | None = None, forge: str | None = None, about: str = "") -> Project:
    """Open the repository at `path` with its configuration, store and forge.

    `store` names another store than its own, for looking without leaving a trace; then nothing is written here.
    `forge` is a person's word for where its issues live; without it, what is said to be talked `about` (a decision, a
    task, an issue) decides, if the store knows it: what was begun on GitHub is not looked for in files.
    """
    place = find(path)
    config = read_config(place)
    if store is None:
        prepare_workspace(place)
    url = store or store_url(place, config)
    kept = open_store(url)
    lives = forge or (_forge_of(task_named(kept, place, config, about)) if about else None)
    opened, repo = hosting.open_forge(hosting.forge_name(lives, config), place, config)
    return Project(
        place=place,
        config=config,
        missions=mission_texts(governing_files(place)),
        store=kept,
        store_url=url,
        forge=opened,
        repo=repo,
    )


def task_named(store: Store, place: Place, config: Config, named: str) -> str:
    """The id of the task that a person means by a decision, a task, or an issue (`3`, `#3`); "" when none is known.

    UsageError when there is an issue of that name both in files and on GitHub, and the configuration names no forge.
    """
    head = store.head(named)
    if head and head.type == "decision":
        return names.task_of_run(head.run)
    bare = named.removeprefix("#")
    if "#" in bare:
        return names.task_of_claim(bare)
    every = [f"{repo}#{bare}" for repo in (".", hosting.known_name(place)) if repo]
    known = [task for task in every if store.head(task)]
    meant = [task for task in known if _forge_of(task) == config.forge] or known
    if len(meant) > 1:
        raise UsageError(f"{one_line(named, 60)} is an issue here and on GitHub", f"Say {' or '.join(meant)}.")
    return meant[0] if meant else ""


def _forge_of(task: str) -> str | None:
    """The forge that a task's id names; None of none."""
    return ("local" if task.startswith(".#") else "github") if task else None


def prepare_workspace(place: Place) -> None:
    """Make the folder of runtime files, and tell git to ignore it without touching the user's .gitignore."""
    exclude = place.git_dir / "info" / "exclude"
    with files.explained(f"preparing {place.workspace}"):
        place.workspace.mkdir(exist_ok=True)
        lines = exclude.read_text(errors="replace").splitlines() if exclude.exists() else []
        if _EXCLUDED not in lines:
            exclude.parent.mkdir(exist_ok=True)
            with exclude.open("a") as file:
                file.write(f"{_EXCLUDED}\n")
