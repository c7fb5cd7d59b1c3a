package platform

// Credential is what must be known of a key to let its calls through.
type Credential struct {
	// Hash is the keyed hash of the secret.
	Hash        [32]byte
	Tenant      TenantID
	Application ApplicationID
	Key         KeyID
	// Expires is nanoseconds since 1970, 0 for never.
	Expires int64
	Revoked bool
	KeySettings
}

// Changes receives what has changed in a store, in the order in which it
// changed. A nil function skips its kind.
type Changes struct {
	// Credential is a key that is new or has changed. It is valid until the
	// function returns.
	Credential func(*Credential)
	// Tenant, Application, API, Subscription and Request are the same of others.
	Tenant       func(*Tenant)
	Application  func(*Application)
	API          func(*API)
	Subscription func(*Subscription)
	Request      func(*Request)
}
