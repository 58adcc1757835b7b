"""The service: REST over the expert system, with calls that are kept, a decision log and what operating it takes.

Depends on `triage`; `triage` never on it. `api.app` puts everything together; `docs/service.md` is for those who call it.
"""
