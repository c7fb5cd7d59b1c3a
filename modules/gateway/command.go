package gateway

// RegisterCommands adds the commands.
func RegisterCommands() {}
