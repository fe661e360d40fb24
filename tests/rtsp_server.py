"""An RTSP camera on loopback, for tests: run by the system's Python, which knows GStreamer.

``python3 rtsp_server.py PORT WIDTH HEIGHT FPS CODEC KEY_EVERY`` prints ``ready`` when it listens. Lines on its standard
input change the picture: ``moving``, ``frozen`` (the same picture again and again, newly encoded) or ``black``. The top
left corner of a moving picture tells when it was made: 32 squares of 16 pixels, the lowest 32 bits of the Unix time in
tenths of a second, the highest first.
"""

from __future__ import annotations

import random
import sys
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - the versions come first

_SQUARE = 16
_BITS = 32
_ENCODERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast threads=1 sliced-threads=false quantizer=24 pass=quant "
    "key-int-max={key} ! video/x-h264,alignment=au ! rtph264pay name=pay0 pt=96 config-interval=-1",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast key-int-max={key} "
    "! h265parse ! rtph265pay name=pay0 pt=96 config-interval=-1",
}


class Pictures:
    """Makes raw pictures in I420."""

    def __init__(self, width: int, height: int) -> None:
        self.kind = "moving"
        self._width = width
        self._number = 0
        made = random.Random(7)
        columns = width // _SQUARE
        rows = [
            b"".join(bytes([made.randrange(60, 180)]) * _SQUARE for _ in range(columns)).ljust(width, b"\x50")
            for _ in range(-(-height // _SQUARE))
        ]
        self._luma = b"".join(row * _SQUARE for row in rows)[: width * height]
        self._chroma = b"\x80" * (width * height // 2)
        self._black = b"\x10" * (width * height) + self._chroma
        self._last = self._made()

    def next(self) -> bytes:
        """Return the next picture."""
        if self.kind == "black":
            return self._black
        if self.kind == "moving":
            self._last = self._made()
        return self._last

    def _made(self) -> bytes:
        self._number += 1
        tenths = int(time.time() * 10.0) % (1 << _BITS)
        bits = f"{tenths:0{_BITS}b}"
        row = b"".join((b"\xe0" if bit == "1" else b"\x20") * _SQUARE for bit in bits)
        row += self._luma[len(row) : self._width]
        # A bar runs down the picture, so that something moves far from the corner.
        at = self._width * _SQUARE * (2 + self._number % 20)
        bar = b"\xc8" * (self._width * _SQUARE)
        head = row * _SQUARE + self._luma[self._width * _SQUARE : at]
        return head + bar + self._luma[at + len(bar) :] + self._chroma


class Camera:
    """Serves the pictures under /camera to whoever asks."""

    def __init__(self, pictures: Pictures, size: tuple[int, int], fps: float, codec: str, key_every: int) -> None:
        self._pictures = pictures
        self._sinks: list[Gst.Element] = []
        rate = f"{round(fps * 10)}/10"
        caps = f"video/x-raw,format=I420,width={size[0]},height={size[1]},framerate={rate}"
        self.factory = GstRtspServer.RTSPMediaFactory.new()
        self.factory.set_launch(
            "( appsrc name=frames is-live=true format=time do-timestamp=true "
            # An encoder that is too slow on a busy machine shall lose frames, not gather them.
            f"max-buffers=2 max-bytes=0 leaky-type=downstream caps={caps} "
            f"! {_ENCODERS[codec].format(key=key_every)} )"
        )
        self.factory.set_shared(True)
        self.factory.connect("media-configure", self._begin)
        GLib.timeout_add(round(1000 / fps), self._push)

    def _begin(self, _: object, media: GstRtspServer.RTSPMedia) -> None:
        source = media.get_element().get_by_name("frames")
        self._sinks.append(source)
        media.connect("unprepared", lambda _: self._sinks.remove(source))

    def _push(self) -> bool:
        if self._sinks:
            buffer = Gst.Buffer.new_wrapped(self._pictures.next())
            for sink in self._sinks:
                sink.emit("push-buffer", buffer)
        return True


def main() -> None:
    """Serve until killed."""
    port, width, height, fps, codec, key_every = sys.argv[1:]
    Gst.init(None)
    pictures = Pictures(int(width), int(height))
    camera = Camera(pictures, (int(width), int(height)), float(fps), codec, int(key_every))
    server = GstRtspServer.RTSPServer.new()
    server.set_address("127.0.0.1")
    server.set_service(port)
    server.get_mount_points().add_factory("/camera", camera.factory)
    if not server.attach(None):
        sys.exit("the port is taken")

    loop = GLib.MainLoop()

    def command(*_: object) -> bool:
        line = sys.stdin.readline()
        if not line:
            # Whoever started it is gone.
            loop.quit()
        pictures.kind = line.strip() or pictures.kind
        return bool(line)

    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP, command)
    print("ready", flush=True)  # noqa: T201 - the sign that it listens
    loop.run()


if __name__ == "__main__":
    main()
