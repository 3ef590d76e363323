"""The chapter, live: what information theory says about diffusion, one idea a page, each number computed when shown."""
