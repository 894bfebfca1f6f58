"""What we intend and what was said: profiles, touches, holds, tasks, timeline."""
