// Package alertmanagertest checks what charts/aftercheck/files/alertmanager gives
// to Alertmanager: by amtool, as Debian has it and as it is today, and on a real
// Alertmanager whose messages go to stand-ins for Telegram's Bot API and for the
// reviewer.
package alertmanagertest
