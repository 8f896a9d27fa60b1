"""The crowd: simulated developers who live through Posthouse and Sunline over real HTTP."""
