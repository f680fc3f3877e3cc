"""A fork may hold anything: what unpacking its tarball costs is bounded."""

from __future__ import annotations

import io
import tarfile
import tracemalloc

from bot.clients.github.snapshot import Blobs
from bot.clients.github.tree import blob_sha


def tarball(sizes: list[tuple[str, int]]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        for name, size in sizes:
            member = tarfile.TarInfo(name)
            member.size = size
            archive.addfile(member, io.BytesIO(bytes(size)))
    return packed.getvalue()


def test_a_tarball_of_the_same_large_file_again_and_again_holds_little() -> None:
    packed = tarball([(f"x/{number}", 4_000_000) for number in range(150)])
    blobs = Blobs(16_000_000 + 1000)
    tracemalloc.start()
    blobs.unpack(packed, {blob_sha(bytes(4_000_000))})
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40_000_000


def test_nor_does_one_of_a_great_many_files() -> None:
    packed = tarball([(f"x/{number}", 1) for number in range(20_000)])
    tracemalloc.start()
    Blobs().unpack(packed, {blob_sha(b"\0")})
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5_000_000
