"""What the orchestrator needs of Stripe, in its own words.

The one module that imports the SDK is ``calls``; everything else sees only the plain values of
``views``.
"""
