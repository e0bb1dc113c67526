// Package probe asks configured HTTP endpoints of a target: whether they answer
// as they should, and single numbers off a page of metrics that no Prometheus
// scrapes.
//
// An address comes out of the configuration alone. An incident's labels may fill
// places in its path and query, escaped; they never choose whom we talk to, and
// neither does a redirect.
package probe

// The reasons of the sensors' findings, beside those that package collect
// shares. Each is under one state.
const (
	// ReasonAnswered: healthy; the endpoint answered as wanted.
	ReasonAnswered = "Answered"

	// Unhealthy: the endpoint, or what stands before it, did not answer as
	// wanted. What its users meet is no better.

	// ReasonUnexpectedStatus: it answered with another status.
	ReasonUnexpectedStatus = "UnexpectedStatus"
	// ReasonBodyMismatch: its whole body lacks the wanted text.
	ReasonBodyMismatch = "BodyMismatch"
	// ReasonSlow: it answered as wanted, but later.
	ReasonSlow = "Slow"
	// ReasonTimeout: it did not answer within the probe's time-out.
	ReasonTimeout = "Timeout"
	// ReasonConnectionRefused: its host refused the connection, so nothing
	// listens there.
	ReasonConnectionRefused = "ConnectionRefused"
	// ReasonConnectionReset: it closed the connection in the middle.
	ReasonConnectionReset = "ConnectionReset"
	// ReasonMalformedResponse: it answered with what is not HTTP.
	ReasonMalformedResponse = "MalformedResponse"
	// ReasonCertificateExpired: its certificate is past its time.
	ReasonCertificateExpired = "CertificateExpired"
	// ReasonRedirectLoop: it redirected to itself too often.
	ReasonRedirectLoop = "RedirectLoop"

	// Unknown: the trouble may as well be ours, or on the way.

	// ReasonHostNotFound: its host name does not resolve.
	ReasonHostNotFound = "HostNotFound"
	// ReasonHostUnreachable: there is no route to its host.
	ReasonHostUnreachable = "HostUnreachable"
	// ReasonTLSFailure: there is no trust between it and us.
	ReasonTLSFailure = "TLSFailure"
	// ReasonProxyFailed: the configured proxy did not connect us.
	ReasonProxyFailed = "ProxyFailed"
	// ReasonUnauthorized: it wants other credentials than ours (401, 403, 407).
	ReasonUnauthorized = "Unauthorized"
	// ReasonRateLimited: it asks us to come later (429).
	ReasonRateLimited = "RateLimited"
	// ReasonRedirectRefused: it redirected to another host, which we do not
	// follow.
	ReasonRedirectRefused = "RedirectRefused"
	// ReasonBodyTruncated: what we read of its body lacks the wanted text, but
	// there is more.
	ReasonBodyTruncated = "BodyTruncated"
	// ReasonMissingLabel: the incident lacks a label that the address names.
	ReasonMissingLabel = "MissingLabel"
	// ReasonBadLabel: a label's value cannot stand in the address.
	ReasonBadLabel = "BadLabel"

	// Compared only, without a state.

	// ReasonCounter: the number is a counter since the process began, so it is
	// compared with the one before and not held against a threshold.
	ReasonCounter = "Counter"
)
