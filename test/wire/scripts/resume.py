"""What a batch job does with paramiko to go on: STAT, seek there, write the rest; and the same for a download."""

import os

from exchange import login, read, same

content = read("big.dat")
with login() as sftp:
    have = sftp.stat("/outgoing/cut.dat").st_size
    same(0 < have < len(content), True)
    with sftp.open("/outgoing/cut.dat", "r+") as file:
        file.seek(have)
        file.write(content[have:])
    same(sftp.stat("/outgoing/cut.dat").st_size, len(content))

    with open("half.dat", "wb") as local:
        local.write(content[:1_000_000])
    with sftp.open("/outgoing/cut.dat") as file, open("half.dat", "ab") as local:
        file.seek(os.path.getsize("half.dat"))
        local.write(file.read())
    same(read("half.dat"), content)
