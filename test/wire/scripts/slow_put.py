"""Writes a part of big.dat and hangs with the file open until it is killed."""

import time

from exchange import login, read

with login() as sftp:
    file = sftp.open("/outgoing/cut.dat", "w")
    file.set_pipelined(True)
    file.write(read("big.dat")[:3_500_000])
    file.flush()
    while True:
        time.sleep(1)
