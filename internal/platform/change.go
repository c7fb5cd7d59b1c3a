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
	// Tenant, Application, API and Grant are the same of others. Request is one
	// that waits or was rejected, or no longer does.
	Tenant      func(*Tenant)
	Application func(*Application)
	API         func(*API)
	Grant       func(*Grant)
	Request     func(*Request)
}

// Grant is what must be known of a subscription to let calls through. Times are
// nanoseconds since 1970, 0 for never.
type Grant struct {
	Subscription SubscriptionID
	Application  ApplicationID
	API          APIID
	Plan         PlanID
	State        SubscriptionState
	Paused       bool
	Starts       int64
	Ends         int64
	Until        int64 // of a suspension
	Changed      int64
	Reason       string
	// Limits and Models are as in a [Subscription], in JSON; empty for none.
	Limits, Models string
}
