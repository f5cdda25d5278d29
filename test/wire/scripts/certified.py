"""Logs in with a certificate that lies beside the key, and with nothing else."""
import os

import paramiko

path = os.environ["WIRE_KEY"]
kind = paramiko.RSAKey if path.endswith("-rsa") else (
    paramiko.ECDSAKey if path.endswith("-ecdsa") else paramiko.Ed25519Key)
key = kind(filename=path)
key.load_certificate(path + "-cert.pub")
client = paramiko.SSHClient()
client.load_host_keys(os.environ["WIRE_KNOWN_HOSTS"])
client.connect(
    "127.0.0.1",
    int(os.environ["WIRE_PORT"]),
    os.environ["WIRE_USER"],
    pkey=key,
    allow_agent=False,
    look_for_keys=False,
)
print(client.open_sftp().listdir("."))
client.close()
