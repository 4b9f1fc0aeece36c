"""What readers said and what was written for them: conversations, feedback, digests, cached summaries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Table, func, select

from rag.archive.tables import digests, feedback, summaries, turns


@dataclass(frozen=True, slots=True)
class SavedTurn:
    """One question of a conversation and its answer, the answer as JSON."""

    question: str
    answer_json: str
    at: str


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """A conversation in a list: its first question, how many turns, and when it last went on."""

    id: str
    first_question: str
    turns: int
    at: str


def now() -> str:
    """Return the time as ISO text in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def save_turn(connection: Connection, conversation_id: str, question: str, answer_json: str) -> int:
    """Append a turn; return its place in the conversation, from 0."""
    connection.execute(
        turns.insert().values(conversation_id=conversation_id, question=question, answer=answer_json, at=now())
    )
    count = select(func.count()).where(turns.c.conversation_id == conversation_id)
    return int(connection.execute(count).scalar_one()) - 1


def conversation(connection: Connection, conversation_id: str) -> tuple[SavedTurn, ...]:
    """Return the turns of a conversation, oldest first."""
    rows = connection.execute(
        select(turns).where(turns.c.conversation_id == conversation_id).order_by(turns.c.number)
    ).all()
    return tuple(SavedTurn(row.question, row.answer, row.at) for row in rows)


def conversations(connection: Connection) -> tuple[ConversationSummary, ...]:
    """Return all conversations, the latest first."""
    groups = (
        select(
            turns.c.conversation_id,
            func.min(turns.c.number).label("first"),
            func.max(turns.c.number).label("last"),
            func.count().label("turns"),
        )
        .group_by(turns.c.conversation_id)
        .subquery()
    )
    first, last = turns.alias(), turns.alias()
    rows = connection.execute(
        select(groups.c.conversation_id, first.c.question, groups.c.turns, last.c.at)
        .join(first, first.c.number == groups.c.first)
        .join(last, last.c.number == groups.c.last)
        .order_by(groups.c.last.desc())
    ).all()
    return tuple(ConversationSummary(*row) for row in rows)


def remove_conversation(connection: Connection, conversation_id: str) -> int:
    """Delete a conversation and what was said of it; return how many turns it had."""
    connection.execute(feedback.delete().where(feedback.c.conversation_id == conversation_id))
    return connection.execute(turns.delete().where(turns.c.conversation_id == conversation_id)).rowcount


def save_feedback(connection: Connection, conversation_id: str, turn: int, verdict: str, comment: str) -> None:
    """Record a reader's verdict on a turn, replacing an earlier one."""
    connection.execute(feedback.delete().where(feedback.c.conversation_id == conversation_id, feedback.c.turn == turn))
    connection.execute(
        feedback.insert().values(conversation_id=conversation_id, turn=turn, verdict=verdict, comment=comment, at=now())
    )


def save_text(connection: Connection, table: Table, key: str, text: str) -> None:
    """Store `text` under `key` in `summaries` or `digests`, replacing what was there."""
    connection.execute(table.delete().where(table.c.key == key))
    column = "text" if table is summaries else "digest"
    connection.execute(table.insert().values(**{"key": key, column: text, "at": now()}))


def saved_text(connection: Connection, table: Table, key: str) -> str | None:
    """Return the text under `key` of `summaries` or `digests`, or None."""
    column = summaries.c.text if table is summaries else digests.c.digest
    value = connection.execute(select(column).where(table.c.key == key)).scalar()
    return None if value is None else str(value)
