package demo

import (
	"time"

	"github.com/aftercheck/aftercheck"
)

// story is one repair: what the executor says it does, what it really does to
// the two services, and which verdict an honest judge must give.
type story struct {
	title  string
	action string
	repair func(patient, neighbour *patient)
	want   aftercheck.Verdict
}

// relapse is how long the falling-over patient stays up: longer than the
// warm-up and one round, shorter than the rounds that a success takes.
const relapse = warmup + interval + interval/2

func stories() []story {
	return []story{
		{
			title:  "a repair that works",
			action: "restart_service:shop",
			repair: func(p, _ *patient) { p.setIll(false) },
			want:   aftercheck.Success,
		},
		{
			title:  "a repair that does nothing",
			action: "auto_repair_playbook:pb-clear-cache:run",
			repair: func(_, _ *patient) {},
			want:   aftercheck.Failed,
		},
		{
			title:  "a repair that works and breaks a neighbour",
			action: "scale deployment/shop --replicas=9",
			repair: func(p, n *patient) { p.setIll(false); n.setIll(true) },
			want:   aftercheck.Degraded,
		},
		{
			title:  "a repair that recovers and falls over again",
			action: "restart_service:shop --clear-queue",
			repair: func(p, _ *patient) {
				p.setIll(false)
				time.AfterFunc(relapse, func() { p.setIll(true) })
			},
			want: aftercheck.Degraded,
		},
		{
			title:  "a repair that leaves the target gone",
			action: "docker rm -f shop",
			repair: func(p, _ *patient) { p.discharge() },
			want:   aftercheck.Failed,
		},
	}
}
