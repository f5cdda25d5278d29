"""put with its STAT, get with every read at once, putfo, the empty file, times, names."""

import io
import os

from exchange import login, read, same

with login() as sftp:
    attributes = sftp.put("big.dat", "/outgoing/big.dat", confirm=True)
    same(attributes.st_size, os.path.getsize("big.dat"))
    sftp.get("/outgoing/big.dat", "back.dat", prefetch=True)
    same(read("back.dat"), read("big.dat"))
    sftp.get("/outgoing/big.dat", "back.dat", prefetch=False)
    same(read("back.dat"), read("big.dat"))
    with sftp.open("/outgoing/big.dat") as file:
        parts = list(file.readv([(3_000_000, 1000), (0, 10), (1_999_999, 70_000)]))
    whole = read("big.dat")
    same(parts, [whole[3_000_000:3_001_000], whole[:10], whole[1_999_999:2_069_999]])

    sftp.putfo(io.BytesIO(b"from memory"), "/outgoing/memory.txt")
    sftp.putfo(io.BytesIO(b""), "/outgoing/empty")
    same(sftp.stat("/outgoing/empty").st_size, 0)
    buffer = io.BytesIO()
    sftp.getfo("/outgoing/empty", buffer)
    same(buffer.getvalue(), b"")

    sftp.utime("/outgoing/memory.txt", (1_500_000_000, 1_400_000_000))
    same(sftp.stat("/outgoing/memory.txt").st_mtime, 1_400_000_000)
    sftp.chmod("/outgoing/memory.txt", 0o600)
    same(sftp.lstat("/outgoing/memory.txt").st_mode, 0o100600)

    for name in ["Zuñiga – 儿童.txt", "n" * 255]:
        sftp.putfo(io.BytesIO(name.encode()), f"/outgoing/{name}")
        same(name in sftp.listdir("/outgoing"), True)
