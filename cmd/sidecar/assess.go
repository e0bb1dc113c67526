package main

import (
	"context"

	"github.com/alecthomas/kingpin/v2"

	"github.com/aftercheck/aftercheck"
)

func assessCommand(app *kingpin.Application, c *console) command {
	clause := app.Command("assess", "Judge files offline: Kubernetes objects as kubectl prints them, readings, or an exported verification.")
	o := offlineOptions{Policy: aftercheck.DefaultPolicy()}
	clause.Flag("post", "What was seen after the action; - is the standard input.").Required().PlaceHolder("FILE").StringVar(&o.Post)
	clause.Flag("pre", "What was seen before it.").PlaceHolder("FILE").StringVar(&o.Pre)
	clause.Flag("action", "What was done.").StringVar(&o.Action)
	labelFlags(clause, &o.Alertname, &o.Labels)
	clause.Flag("now", "The time to judge at, as 2006-01-02T15:04:05Z.").SetValue((*moment)(&o.Now))
	output := outputFlag(clause)
	judged := clause.Flag("exit-code", "Exit with 0 for success, 10 degraded, 11 failed, 12 timeout.").Bool()
	return command{clause.FullCommand(), func(context.Context) (int, error) {
		assessment, err := assessOffline(o, c.in)
		if err != nil {
			return exitTrouble, err
		}
		return exitCode(aftercheck.Verification{Assessment: &assessment}, *judged), printAssessment(c.out, assessment, *output)
	}}
}
