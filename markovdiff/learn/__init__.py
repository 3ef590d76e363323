"""The chapter, live: what information theory says of diffusion, a page an idea, every number computed when shown."""
