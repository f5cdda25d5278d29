"""A login with paramiko as a story wants it: `with login() as sftp:`. Who and where come from the environment."""

import contextlib
import os

import paramiko


@contextlib.contextmanager
def login():
    client = paramiko.SSHClient()
    client.load_host_keys(os.environ["WIRE_KNOWN_HOSTS"])
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    client.connect(
        "127.0.0.1",
        port=int(os.environ["WIRE_PORT"]),
        username=os.environ["WIRE_USER"],
        key_filename=os.environ["WIRE_KEY"],
        allow_agent=False,
        look_for_keys=False,
        timeout=30,
    )
    with client, client.open_sftp() as sftp:
        yield sftp


def read(name):
    with open(name, "rb") as file:
        return file.read()


def same(got, wanted):
    if got != wanted:
        raise AssertionError(f"got {got!r:.200}, wanted {wanted!r:.200}")


def refused(reason, call, *args):
    """The call fails with these words."""
    try:
        call(*args)
    except IOError as error:
        if reason not in str(error):
            raise AssertionError(f"refused, but with {error}") from error
        return
    raise AssertionError("not refused")
