"""Rule-based fault triage: facts in; fault, next question and dispatch decision out."""
