package config

import "time"

// Store is where snapshots and verifications are kept. Without Redis it is the
// embedded file whose path is a flag.
type Store struct {
	Retention time.Duration // how long records are kept
	Redis     *Redis        // nil: the embedded file
}

// Redis is the address of a Redis server, of a Redis Cluster or of sentinels.
type Redis struct {
	URL                                    string
	PasswordFile                           string
	Cluster                                bool
	SentinelMaster                         string
	SentinelUsername, SentinelPasswordFile string
	KeyPrefix                              string
	PoolSize                               int
	CAFile, CertFile, KeyFile, ServerName  string
}
