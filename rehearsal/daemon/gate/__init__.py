"""Authenticates every request before any handler of the embedded AWS sees it.

Whatever can open a connection to loopback can reach the endpoint: another user of the machine, a web page
in the person's browser, a rehearsed step. The layer made here is the outermost one and decides in this
order; what it refuses, no other code has read:

1. `browsers`: the request was sent to this endpoint by name (`Host`), and not by a page of somebody else's
   (`Origin`, `Sec-Fetch-Site`). A page cannot forge these headers.
2. The emulator's own paths (`/_ministack/…`) are closed, but for the daemon itself and for the one-time
   addresses that a custom resource answers at.
3. `signatures`: a signed request must be signed with a key that this rehearsal gave out, for the account
   and the session that the key belongs to, over exactly the body that was sent.
4. `anonymous`: an unsigned request passes only where AWS takes one.

Authorisation, what an authenticated caller may do, is the emulator's; `--no-iam` turns that off, and
nothing of this.
"""

from rehearsal.daemon.gate.layer import Gate

__all__ = ["Gate"]
