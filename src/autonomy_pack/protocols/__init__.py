"""The protocols models are spoken to by, one file each: what may pass, and how answers, errors and tokens are read."""

from __future__ import annotations

from autonomy_pack.contracts import ModelProtocol
from autonomy_pack.protocols import anthropic, gemini, openai_chat, openai_responses

PROTOCOLS: dict[str, ModelProtocol] = {
    "anthropic": anthropic,
    "openai_responses": openai_responses,
    "openai_chat": openai_chat,
    "gemini": gemini,
}
