"""What is said between us and a model: the messages, the marks of the cache, and what is shortened to make room.

A provider caches the beginning of a request up to each mark, and reads what it cached when a later request begins with
the same bytes. So nothing that was sent is changed again, except at the few points where room is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Block = Mapping[str, Any]
Message = dict[str, Any]

_MARK = {"cache_control": {"type": "ephemeral"}}
_LONG, _HEAD = 1000, 300
_ROUNDS_LEFT_ALONE = 12  # messages: the six newest calls with their answers


class Conversation:
    """The messages of one run, oldest first; each has a list of blocks."""

    def __init__(self, past: Sequence[Mapping[str, Any]], keep: Callable[[str], str]) -> None:
        self._keep = keep
        self.messages: list[Message] = [_plain(message) for message in past]

    def say(self, *blocks: Block) -> None:
        """Add to what the user said last, or answer the model."""
        if self.messages and self.messages[-1]["role"] == "user":
            self.messages[-1]["content"] += blocks
        else:
            self.messages.append({"role": "user", "content": list(blocks)})

    def hear(self, blocks: Sequence[Block]) -> None:
        """Add what the model said, as it came; what it must not be sent back is left out."""
        self.messages.append({"role": "assistant", "content": [*_sendable(blocks)] or [_text("(no words)")]})

    def unanswered(self) -> list[Block]:
        """The model's last calls that have no result yet."""
        calls = next((message for message in reversed(self.messages) if message["role"] == "assistant"), None)
        given = self.messages[-1]["content"] if self.messages else []
        answered = {block.get("tool_use_id") for block in given}
        blocks = calls["content"] if calls else []
        return [block for block in blocks if block.get("type") == "tool_use" and block.get("id") not in answered]

    def marked(self) -> list[Message]:
        """The messages to send: marked at the end of the first, and of the user's last two.

        The mark before the last is the one that the request before was cached up to, however long the last one is.
        """
        own = [at for at, message in enumerate(self.messages) if message["role"] == "user"]
        marks = {*own[:1], *own[-2:]}
        return [_marked(message) if at in marks else message for at, message in enumerate(self.messages)]

    def shorten(self, newest: int = _ROUNDS_LEFT_ALONE) -> int:
        """Cut long results and long arguments in all but the newest messages; how many characters that saved.

        It changes what was sent, so what comes after must be cached anew: it is done seldom, and then all at once.
        """
        saved = 0
        for message in self.messages[1 : max(1, len(self.messages) - newest)]:
            blocks = [self._shortened(block) for block in message["content"]]
            saved += sum(_size(block) for block in message["content"]) - sum(map(_size, blocks))
            message["content"] = blocks
        return saved

    def _shortened(self, block: Block) -> Block:
        if block.get("type") == "tool_result" and isinstance(block.get("content"), str):
            return {**block, "content": self._cut(block["content"])}
        if block.get("type") == "tool_use" and isinstance(block.get("input"), Mapping):
            return {**block, "input": {name: _cut_word(part) for name, part in block["input"].items()}}
        return block

    def _cut(self, said: str) -> str:
        if len(said) <= _LONG:
            return said
        name = self._keep(said)
        return f"{said[:_HEAD]}\n[… shortened to make room{f'; all of it is in {name}' if name else ''} …]"


def text(said: str) -> dict[str, Any]:
    """A block of text."""
    return _text(said)


def result(call: Block, said: str, *, failed: bool) -> dict[str, Any]:
    """What came of a call."""
    block = {"type": "tool_result", "tool_use_id": call["id"], "content": said or "(nothing)"}
    return {**block, "is_error": True} if failed else block


def _text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def _sendable(blocks: Sequence[Block]) -> Iterator[Block]:
    """Without empty texts, which are refused."""
    return (block for block in blocks if block.get("type") != "text" or str(block.get("text", "")).strip())


def _plain(message: Mapping[str, Any]) -> Message:
    """A message of an earlier run: its content as blocks, without that run's marks."""
    content = message["content"]
    blocks = [_text(content)] if isinstance(content, str) else content
    return {"role": message["role"], "content": [_unmarked(block) for block in blocks]}


def _unmarked(block: Block) -> Block:
    return {key: part for key, part in block.items() if key != "cache_control"}


def _marked(message: Message) -> Message:
    *before, last = message["content"]
    return {**message, "content": [*before, {**last, **_MARK}]}


def _cut_word(part: Any) -> Any:
    if not isinstance(part, str) or len(part) <= _LONG:
        return part
    return f"{part[:_HEAD]}[… {len(part) - _HEAD} more characters …]"


def _size(block: Block) -> int:
    inside = block.get("content") or block.get("input") or block.get("text") or ""
    return len(inside) if isinstance(inside, str) else len(str(inside))
