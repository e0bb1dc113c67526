package config

import "time"

// Store is where snapshots and verifications are kept. Without Redis it is the
// embedded file whose path is a flag.
type Store struct {
	Retention time.Duration // how long records are kept
	Redis     *Redis        // nil: the embedded file
	Journal   Journal       // beside Redis
}

// Journal is the file that takes what comes while Redis is away.
type Journal struct {
	Enabled    bool
	Path       string // empty: beside the embedded store's file
	MaxEntries int    // snapshots and verifications, at most
}

// Redis is the address of a Redis server, of a Redis Cluster or of sentinels.
type Redis struct {
	URL                                    string
	PasswordFile                           string
	Cluster                                bool
	SentinelMaster                         string
	SentinelUsername, SentinelPasswordFile string
	KeyPrefix                              string
	Group                                  string        // of sidecars that take over from each other
	Identity                               string        // of this one in it; empty: of its host and socket
	Lease                                  time.Duration // how long one that is gone keeps what it led
	WaitReplicas                           int           // replicas that must have a write before it is accepted
	PoolSize                               int
	CAFile, CertFile, KeyFile, ServerName  string
}
