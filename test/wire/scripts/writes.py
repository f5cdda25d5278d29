"""Every way to write: append, read and write, seek, truncate, pipelined, exclusive; and check-file."""

import hashlib

from exchange import login, read, refused, same

PATH = "/outgoing/writes.dat"

with login() as sftp:
    with sftp.open(PATH, "w") as file:
        file.write("hello")
        same(file.stat().st_size, 5)
    with sftp.open(PATH, "a") as file:
        file.write(" world")
    with sftp.open(PATH, "r+") as file:
        same(file.read(5), b"hello")
        file.seek(0)
        file.write(b"J")
        file.seek(0, file.SEEK_END)
        file.write(b"!!!")
        file.seek(20)
        file.write(b"after a gap")
    with sftp.open(PATH) as file:
        same(file.read(), b"Jello world!!!" + bytes(6) + b"after a gap")
    with sftp.open(PATH, "r+") as file:
        file.truncate(5)
    sftp.truncate(PATH, 4)
    with sftp.open(PATH) as file:
        same(file.read(), b"Jell")
    refused("exists", sftp.open, PATH, "wx")
    with sftp.open("/outgoing/exclusive.dat", "wx") as file:
        file.write(b"mine")

    content = read("big.dat")
    with sftp.open("/outgoing/pipelined.dat", "wb") as file:
        file.set_pipelined(True)
        for at in range(0, len(content), 10_007):
            file.write(content[at : at + 10_007])
    with sftp.open("/outgoing/backwards.dat", "wb") as file:
        file.set_pipelined(True)
        for at in reversed(range(0, len(content), 50_000)):
            file.seek(at)
            file.write(content[at : at + 50_000])
    for path in ["/outgoing/pipelined.dat", "/outgoing/backwards.dat"]:
        with sftp.open(path, "r") as file:
            same(file.check("sha256"), hashlib.sha256(content).digest())
            same(file.check("sha256", 1000, 5000), hashlib.sha256(content[1000:6000]).digest())
            blocks = [content[at : at + 100_000] for at in range(0, 300_000, 100_000)]
            same(file.check("sha256", 0, 300_000, 100_000), b"".join(hashlib.sha256(block).digest() for block in blocks))
            refused("hash", file.check, "md5")
