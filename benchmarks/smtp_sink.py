"""A mail server that takes everything and keeps nothing, as fast as Python can: the other side of relay_mail.

Run as ``python -m benchmarks.smtp_sink``: prints its port, then serves until it is killed. ``XCOUNT`` asks how many
messages it has taken.
"""

import asyncio

END = b"\r\n.\r\n"
GREETING = b"220 sink\r\n"
ANSWERS = {b"EHLO": b"250-sink\r\n250 8BITMIME\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class Taken:
    """How many messages arrived, over all connections."""

    count = 0


class Sink(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._waiting = bytearray()
        self._in_message = False
        transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while self._take_message() if self._in_message else self._take_command():
            pass

    def _take_command(self) -> bool:
        end = self._waiting.find(b"\r\n")
        if end < 0:
            return False
        verb = bytes(self._waiting[:6]).strip().upper()
        del self._waiting[: end + 2]
        self._in_message = verb == b"DATA"
        if verb == b"XCOUNT":
            self._transport.write(b"250 %d\r\n" % Taken.count)
        else:
            self._transport.write(ANSWERS.get(verb[:4], b"250 ok\r\n"))
        return True

    def _take_message(self) -> bool:
        end = self._waiting.find(END)
        if end < 0:
            return False
        del self._waiting[: end + len(END)]
        self._in_message = False
        Taken.count += 1
        self._transport.write(b"250 taken\r\n")
        return True


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
