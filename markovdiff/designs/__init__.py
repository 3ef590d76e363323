"""What a kernel can do at all, and what to choose: inspect, schedules by target, estimates."""
