// Package receivers stands in for those whom Alertmanager tells, Telegram's Bot
// API and the reviewer, and points the configuration of Alertmanager that is
// shipped to them. It is for tests alone.
package receivers
