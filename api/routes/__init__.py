"""What can be asked over HTTP, a module per subject. A route reads its request, hands on, and sends what comes back."""
