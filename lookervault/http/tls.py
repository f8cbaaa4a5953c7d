"""How to check who answers."""

from __future__ import annotations

import ssl
from pathlib import Path

from lookervault.core.answers import plain
from lookervault.errors import UsageError


def context(ca_file: str | None, *, verify: bool) -> ssl.SSLContext:
    """Return whom to trust: those in *ca_file*, else those whom the system trusts.

    Not `ssl.create_default_context`: that heeds ``SSLKEYLOGFILE``, which has the
    keys of the session written to a file, and ``SSL_CERT_FILE``.

    Raises:
        UsageError: if *ca_file* cannot be read.

    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        if ca_file is not None:
            context.load_verify_locations(ca_file)
        else:
            _trust_system(context)
    except OSError:
        raise UsageError(
            f"The CA file {plain(ca_file or '', limit=200)} cannot be read,"
            " or holds no certificates in PEM format."
        ) from None
    return context


def _trust_system(context: ssl.SSLContext) -> None:
    """Trust whom OpenSSL was built to trust, whatever the environment says."""
    paths = ssl.get_default_verify_paths()
    file, folder = paths.openssl_cafile, paths.openssl_capath
    file_there, folder_there = Path(file).is_file(), Path(folder).is_dir()
    if file_there or folder_there:
        context.load_verify_locations(
            file if file_there else None, folder if folder_there else None
        )
