"""Authenticates every request before any handler of the embedded AWS processes it.

Any program that can connect to loopback can reach the endpoint: another user of the machine, a web page in
the person's browser, a rehearsed step. This layer is the outermost one and checks in this order; no other
code reads a request that it refuses:

1. `browsers`: the request names this endpoint in `Host` and does not come from a foreign web page (`Origin`,
   `Sec-Fetch-Site`). A page cannot forge these headers.
2. The emulator's own paths (`/_ministack/…`) are closed, except to the daemon itself and for the one-time
   response URLs of custom resources.
3. `signatures`: a signed request must be signed with a key that this rehearsal issued, for the key's account
   and session, over exactly the body that was sent.
4. `anonymous`: an unsigned request passes only if AWS accepts it unsigned.

The emulator does authorisation, which is what an authenticated caller may do. `--no-iam` turns off only that.
"""

from rehearsal.daemon.gate.layer import Gate

__all__ = ["Gate"]
