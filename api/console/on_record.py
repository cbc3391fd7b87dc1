"""Puts sign-ins and sign-outs on the record of what people do: the one place that does."""

import structlog

log = structlog.get_logger("orchestrator.console")


async def record_sign_in(key_id: str) -> None:
    """Put on record that somebody signed in with a key."""
    log.info("console_signed_in", key_id=key_id)


async def record_refused_sign_in(why: str, key_id: str | None, address: str) -> None:
    """Put on record that somebody was not let in, and with which key, if it is one of ours."""
    log.warning("console_sign_in_refused", why=why, key_id=key_id, address=address)


async def record_sign_out(key_id: str) -> None:
    """Put on record that somebody signed out."""
    log.info("console_signed_out", key_id=key_id)
