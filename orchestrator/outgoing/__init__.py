"""What we tell others: each history row as an event, in a feed and to the endpoints registered.

Start with ``event``: what an event is. ``feed`` gives events their places and shows them;
``deliveries`` sends them.
"""
