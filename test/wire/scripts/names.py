"""Directories and names, and what may not be."""

import io
import stat

from exchange import login, refused, same

with login() as sftp:
    sftp.chdir("outgoing")
    same(sftp.getcwd(), "/outgoing")
    sftp.mkdir("d", 0o750)
    sftp.chdir("d")
    sftp.putfo(io.BytesIO(b"first"), "a.txt")
    sftp.putfo(io.BytesIO(b"second"), "b.txt")
    listed = sftp.listdir_attr(".")
    same([(each.filename, each.st_size, stat.S_ISREG(each.st_mode)) for each in listed], [("a.txt", 5, True), ("b.txt", 6, True)])
    same(listed[0].longname.split()[2:5], ["amy", "alameda", "5"])
    same([each.filename for each in sftp.listdir_iter("/")], ["incoming", "outgoing", "receipts"])
    same(sftp.normalize("../.././x"), "/x")

    refused("exists", sftp.rename, "b.txt", "a.txt")
    sftp.posix_rename("b.txt", "a.txt")
    with sftp.open("a.txt") as file:
        same(file.read(), b"second")
    sftp.rename("a.txt", "c.txt")
    refused("not empty", sftp.rmdir, "/outgoing/d")
    sftp.remove("c.txt")
    sftp.chdir(None)
    sftp.rmdir("/outgoing/d")

    refused("no such file", sftp.stat, "/outgoing/d")
    refused("you may not put files here", sftp.open, "/incoming/x", "w")
    refused("part of every tree", sftp.rmdir, "/outgoing")
    refused("not supported", sftp.symlink, "/outgoing/x", "/outgoing/y")
    refused("not supported", sftp.readlink, "/outgoing/x")
    refused("no such file", sftp.listdir, "/agencies")
    refused("directory", sftp.open, "/outgoing", "r")
