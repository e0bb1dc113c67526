package main

import (
	"context"
	"fmt"
	"io"

	"github.com/alecthomas/kingpin/v2"

	"github.com/aftercheck/aftercheck"
	"github.com/aftercheck/aftercheck/internal/assess"
	"github.com/aftercheck/aftercheck/internal/config"
)

func assessCommand(app *kingpin.Application, c *console) command {
	clause := app.Command("assess", "Judge files offline: Kubernetes objects as kubectl prints them, readings, an exported verification, recorded numbers, or what tools answered in words.")
	var o offlineOptions
	clause.Flag("post", "What was seen after the action; - is the standard input.").Required().PlaceHolder("FILE").StringVar(&o.Post)
	clause.Flag("pre", "What was seen before it.").PlaceHolder("FILE").StringVar(&o.Pre)
	clause.Flag("action", "What was done.").StringVar(&o.Action)
	labelFlags(clause, &o.Alertname, &o.Labels)
	numberFlags(clause, &o.Numbers)
	clause.Flag("now", "The time to judge at, as 2006-01-02T15:04:05Z.").SetValue((*moment)(&o.Now))
	policy := clause.Flag("policy", "Configuration file whose policies judge, instead of an exported verification's own.").PlaceHolder("FILE").String()
	explain := clause.Flag("explain", "Print the way to the verdict too, rule by rule.").Bool()
	output := outputFlag(clause)
	judged := clause.Flag("exit-code", "Exit with 0 for success, 10 degraded, 11 failed, 12 timeout.").Bool()
	return command{clause.FullCommand(), func(context.Context) (int, error) {
		if *policy != "" {
			settings, err := config.Load(*policy)
			if err != nil {
				return exitTrouble, err
			}
			rules, err := buildPolicies(settings)
			if err != nil {
				return exitTrouble, err
			}
			o.Policies = rules.find
		}
		offline, err := offlineCase(o, c.in)
		if err != nil {
			return exitTrouble, err
		}
		assessment := assess.Judge(offline, offline.DeadlineAt).Assessment
		if err := printAssessment(c.out, assessment, *output); err != nil {
			return exitTrouble, err
		}
		if *explain {
			// Beside JSON the way goes where it does not mix with it.
			out := c.out
			if *output == "json" {
				out = c.err
			}
			printSteps(out, assess.Explain(offline))
		}
		return exitCode(aftercheck.Verification{Assessment: &assessment}, *judged), nil
	}}
}

func printSteps(w io.Writer, steps []assess.Step) {
	fmt.Fprintln(w, "\nthe way to the verdict:")
	for i, step := range steps {
		fmt.Fprintf(w, "%2d. %s %s\n", i+1, step.Question, line(step.Answer))
	}
}
