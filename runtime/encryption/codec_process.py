"""The codec server as a process."""

from __future__ import annotations

from runtime.encryption.codec_server import build_codec_server
from runtime.logging import configure_logging
from runtime.serving import http_server
from runtime.settings import Environment, Settings
from runtime.settings_check import WrongSettings
from runtime.temporal import DEFAULT_NAMESPACE, connection


async def serve_codec(settings: Settings) -> None:
    """Answer until SIGTERM or SIGINT. Raises WrongSettings."""
    configure_logging(settings.observation, "codec")
    keyring, server = settings.encryption.keyring, settings.codec_server
    if keyring is None:
        raise WrongSettings(["encryption.keys: the codec server decrypts, and there is no key"])
    if not server.tokens:
        raise WrongSettings(["codec_server.token: set one, or codec_server.token_file: it decrypts for nobody else"])
    if settings.environment is not Environment.DEV and not server.ui_origin.startswith("https://"):
        local = server.ui_origin.startswith(("http://localhost", "http://127.0.0.1"))
        if not local:
            raise WrongSettings(["codec_server.ui_origin: outside dev the UI is reached by https, or on this machine"])
    namespace = connection().get("namespace") or DEFAULT_NAMESPACE
    await http_server(build_codec_server(keyring, namespace, server), server.bind).serve()
