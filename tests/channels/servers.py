"""Mail servers on loopback for the tests: a real one, and one that misbehaves as told."""

from goodterms.channels.smtp import SmtpServer


def plain_server(port: int, **given: object) -> SmtpServer:
    """How to reach a server on loopback that speaks plain SMTP."""
    return SmtpServer("127.0.0.1", port, "none", timeout_seconds=5, **given)  # type: ignore[arg-type]
