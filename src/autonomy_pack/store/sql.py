"""Every SQL text of the store, once, for SQLite and PostgreSQL alike.

Places are `:name`. `{auto_key}` is the only part of the tables that differs between engines; `{where}` takes a
condition, `{filters}` what a reader asked for. Times, keys and data are text; nothing reaches into JSON.
"""

# ruff: noqa: S608 - every text is put together from this file alone; what comes from outside goes into places.

from __future__ import annotations

from dataclasses import fields

from autonomy_pack.model import Head

TABLES = (
    """create table events (
        seq {auto_key}, id text not null, at text not null, kind text not null, repo text not null,
        subject text not null, run text not null, actor text not null, data text not null, key text unique,
        v integer not null)""",
    "create index events_by_kind on events (kind, at)",
    "create index events_by_subject on events (subject, seq)",
    "create index events_by_run on events (run, seq) where run <> ''",
    """create table leases (
        key text primary key, fence bigint not null, holder text not null, expires text not null)""",
    "create index leases_held on leases (key) where holder <> ''",
    """create table heads (
        repo text not null, subject text not null, type text not null, seq bigint not null, at text not null,
        kind text not null, status text not null, title text not null, priority integer, lane text not null,
        mission text not null, agent text not null, run text not null, pin text not null, attempts integer not null,
        since text not null, branch text not null, "commit" text not null, deadline text not null,
        action_sha256 text not null, why text not null, usd double precision not null, tokens bigint not null,
        primary key (repo, subject))""",
    "create index heads_by_status on heads (repo, type, status, seq)",
)

EVENT = "seq, id, at, kind, repo, subject, run, actor, data, key, v"
INSERT_EVENT = """insert into events (id, at, kind, repo, subject, run, actor, data, key, v)
    select :id, :at, :kind, :repo, :subject, :run, :actor, :data, :key, :v where {where}
    on conflict do nothing returning seq"""
INSERT_EVENT_ALWAYS = INSERT_EVENT.format(where="1 = 1")
HOLDS = "select 1 where {where}"
EVENTS = f"select {EVENT} from events where seq > :after {{filters}} order by seq limit :limit"
NEWEST_MIGRATION = "select data from events where kind = 'store.migrated' order by seq desc limit 1"

# An upsert that does nothing when a living holder has the key: `dead` is the text of a holder known to be gone.
TAKE = """insert into leases (key, fence, holder, expires) values (:key, 1, :holder, :expires)
    on conflict (key) do update set fence = leases.fence + 1, holder = excluded.holder, expires = excluded.expires
    where leases.holder in ('', :dead) or leases.expires <= :now returning fence"""
MINE = "select 1 from leases where key = :key and fence = :fence and holder = :holder"
RENEW = "update leases set expires = :expires where key = :key and fence = :fence and holder = :holder returning 1"
FREE = "update leases set holder = '' where key = :key and fence = :fence and holder = :holder returning 1"
EVICT = "update leases set holder = '' where key = :key"
LEASE = "select key, fence, holder, expires from leases where key = :key"
HELD = "select key, fence, holder, expires from leases where holder <> ''"

_COLUMNS = tuple(field.name for field in fields(Head))
_NAMES = tuple('"commit"' if name == "commit" else name for name in _COLUMNS)
HEAD = ", ".join(_NAMES)
SAVE_HEAD = f"""insert into heads ({HEAD}) values ({", ".join(":" + name for name in _COLUMNS)})
    on conflict (repo, subject) do update set {", ".join(f"{name} = excluded.{name}" for name in _NAMES[2:])}"""
HEAD_OF = f"select {HEAD} from heads where repo = :repo and subject = :subject"
HEADS = f"""select {HEAD} from heads where repo = :repo and type = :type {{filters}} order by seq desc limit :limit"""
ALL_HEADS = f"select {HEAD} from heads"
DROP_HEADS = "delete from heads"
COUNTS = "select status, count(*) from heads where repo = :repo and type = :type group by status"
