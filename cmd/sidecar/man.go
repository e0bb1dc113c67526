package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
)

// helpMan is kingpin's flag for the manual page. It is answered here: kingpin's
// page has no line for apropos, and our version's six lines in its title.
const helpMan = "--help-man"

// manPage writes the manual page, the same for everybody who builds a commit.
func manPage(app *kingpin.Application, c *console) command {
	page := strings.NewReplacer(
		`.TH {{.App.Name}} 1 {{.App.Version}} "{{.App.Author}}"`, `.TH AFTERCHECK 1 "" "aftercheck `+version.Version+`"`,
		".SH \"NAME\"\n{{.App.Name}}", ".SH \"NAME\"\n{{.App.Name}} \\- did the fix work?",
	).Replace(kingpin.ManPageTemplate) + manEnd
	return command{helpMan, func(context.Context) (int, error) {
		parsed, err := app.ParseContext(nil)
		if err == nil {
			err = app.UsageWriter(c.out).UsageForContextWithTemplate(parsed, 2, page)
		}
		if err != nil {
			return exitTrouble, fmt.Errorf("writing the manual page: %w", err)
		}
		return exitOK, nil
	}}
}

// manEnd is what kingpin knows nothing of.
const manEnd = `.SH "EXIT STATUS"
0 if all went well, 1 on trouble, 2 if the command line is wrong.
.PP
\fBrun\fR, and \fBverify\fR and \fBassess\fR with \fB--exit-code\fR, exit with 10 if
degraded, 11 if failed and 12 on timeout; \fBrun\fR with 13 without a verdict,
with 126 or 127 if the command cannot be run, and with the command's own code if
that failed.
.SH "FILES"
.TP
\fI/run/aftercheck/aftercheck.sock\fR
The socket of the API, or \fI$XDG_RUNTIME_DIR/aftercheck/aftercheck.sock\fR.
.TP
\fI/var/lib/aftercheck/aftercheck.db\fR
The embedded store, or below \fI$XDG_STATE_HOME\fR.
.SH "ENVIRONMENT"
.TP
\fBXDG_RUNTIME_DIR\fR, \fBXDG_STATE_HOME\fR
Where socket and store are for one who may not write the system's directories.
`
