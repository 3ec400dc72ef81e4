"""Serve on the loopback address: `python -m examples.guest_service`, Ctrl+C ends it."""

import secrets

import uvicorn

from examples.guest_service.app import make_app, new_tenant

if __name__ == "__main__":
    key = secrets.token_urlsafe(24)
    print(f"the key of the tenant demo: {key}")
    app = make_app({key: new_tenant("demo")})
    uvicorn.run(app, host="127.0.0.1", port=8000, limit_concurrency=64)
