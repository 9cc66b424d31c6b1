"""What a browser may do on our pages: nothing but what they need."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit


def origin(address: str) -> str:
    """Scheme, host and port of an address; empty where there is none."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def security_headers(store: str, sign_in_page: str) -> Mapping[str, str]:
    """For every page. `store` is the origin that objects are sent to and come from, `sign_in_page` that of an
    organisation's own; each is empty where there is no other origin than ours."""
    policy = {
        "default-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",  # Mantine and Monaco write styles; scripts are files of ours alone
        "img-src": f"'self' data: blob: {store}",
        "font-src": "'self' data:",
        "worker-src": "'self' blob:",
        "connect-src": f"'self' {store}",  # 'self' is the WebSocket of the same origin too
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": f"'self' {sign_in_page}",
        "object-src": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}".rstrip() for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }
