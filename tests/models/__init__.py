"""The stand-in for model providers: a real HTTP server on loopback that answers as it is told, in all four protocols.

    from models import Models

    with Models() as models:
        models.say("I shall look at it.")                   # the next answer is text
        models.call("read", {"path": "a.py"})               # the one after calls a tool
        models.calls(("read", {...}), ("edit", {...}))      # two tools in one answer
        models.say("Done.", usage={"input": 900, "output": 5, "cache_read": 800, "cache_write": 0})
        …
        models.requests[0].body["messages"]                 # what was asked, whole, in order

Each request takes the next thing of the script, whichever protocol it comes by, streamed or not as it asks. A request
beyond its end gets 400 `the script is over`, unless there is an answer for that: `models.otherwise("Done.")`.

    models.answer(lambda request: Answer(text="…", calls=(Call("run", {"argv": ["id"]}),)))    # decide when asked; once
    models.always(lambda request: …)                        # decide every answer from now on, once the script is over

Faults take their place in the script too:

    models.fail(529, times=2, retry_after=1)    # that status, in the provider's own error shape
    models.fail(500, body=b"<html>")            # any body
    models.cut("text")                          # the answer ends in its middle: the connection is gone
    models.ends_early("text")                   # a stream whose connection ends well, but without its last events
    models.hang_up()                            # the request is read, the connection closed, nothing answered
    models.silence()                            # the request is read, nothing is answered until they hang up
    models.slow("text", pause=0.05)             # that many seconds before each event
    models.garbage()                            # 200 and bytes that mean nothing
    models.wait("text")                         # answers when the test calls models.go_on(); models.waiting is an Event

Addresses: `models.url` is the root (what ANTHROPIC_BASE_URL takes), `models.url + "/v1"` what OPENAI_BASE_URL takes;
`models.upstreams` is what a gateway is told; `models.environment` the AUTONOMY_*_URL and *_API_KEY variables.
Every request needs `models.key`, as its protocol sends it: a wrong one gets 401 and takes nothing of the script; it is
recorded all the same. `models.requests[n]` has protocol, path, headers (lower-case names), body, model, stream,
authorized; `models.requests[n].text` is every string in its body, to look for words in. `models.connections` counts connections.
"""

from models.answers import Answer, Call
from models.server import Models, Request

__all__ = ["Answer", "Call", "Models", "Request"]
