//go:build e2e

package e2e

import (
	"context"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/aftercheck/aftercheck"
)

// contextOf is for what a test does after its end.
func contextOf() context.Context { return context.Background() }

// started holds for a pod whose container runs.
func started(pod corev1.Pod) bool {
	return len(pod.Status.ContainerStatuses) == 1 && pod.Status.ContainerStatuses[0].State.Running != nil
}

// serviceScenes are about who can be reached.
func serviceScenes() []scene {
	service := map[string]string{"service": "web"}
	wrong := runs("patch", "service", "web", "-p", `{"spec":{"selector":{"app":"nobody"}}}`)
	right := runs("patch", "service", "web", "-p", `{"spec":{"selector":{"app":"web"}}}`)
	return []scene{
		{name: "Service without endpoints, restart", labels: service, why: "the pods are well and new, and the Service still selects none of them",
			action: restartText, ill: steps(applies(webService), well(2), wrong), do: steps(runs("rollout", "restart", "deployment/web"), settles()), mistakes: []int{8}, want: stillBroken},
		{name: "Service without endpoints, selector mended", labels: service, why: "the Service selects the pods that were well all the time",
			action: "kubectl patch service/web selector", ill: steps(applies(webService), well(2), wrong), do: right, want: recovered},
		{name: "pods healed, Service emptied", why: "the pods run, and nobody can reach them",
			action: "kubectl apply -f web.yaml", ill: steps(applies(webService), neverWell(2, "crashloop", "CrashLoopBackOff")),
			do: steps(applies(deployment(2, "")), wrong), mistakes: []int{8, 12}, want: partly},
		{name: "crash loop behind a Service, undo", why: "the pods run, and the Service has them",
			action: undoText, ill: steps(applies(webService), sickens("crashloop", "CrashLoopBackOff")), do: undo, want: recovered},
	}
}

// aroundScenes are about neighbours.
func aroundScenes() []scene {
	ill := steps(applies(cart(deployment(3, ""))), sickens("crashloop", "CrashLoopBackOff"), cartSettles())
	return []scene{
		{name: "neighbour broken", why: "web is well, but cart crashes since",
			action: "kubectl apply -f shop.yaml", ill: ill, do: steps(undo, applies(cart(deployment(3, "crashloop")))), mistakes: []int{12}, want: cartRegressed},
		{name: "neighbour broken before", why: "cart crashed before the action as it does now: it is not the action's doing",
			action: undoText, ill: steps(applies(cart(deployment(1, "crashloop"))), waits("app=cart", 1, "CrashLoopBackOff"), sickens("crashloop", "CrashLoopBackOff")),
			do: undo, mistakes: []int{6, 15}, want: recovered},
		{name: "neighbour deleted", why: "web is well, but cart is gone",
			action: "kubectl apply --prune -f web.yaml", ill: ill, do: steps(undo, runs("delete", "deployment", "cart")), want: cartRegressed},
		{name: "neighbour scaled to zero", why: "web is well, but cart runs nowhere",
			action: undoText + " && kubectl scale deployment/cart --replicas=0", ill: ill, do: steps(undo, runs("scale", "deployment/cart", "--replicas=0")), mistakes: []int{8}, want: cartRegressed},
		{name: "neighbour has fewer replicas", why: "web is well; that cart has one replica instead of three is worth a word, and no veto",
			action: undoText, ill: ill, do: steps(undo, runs("scale", "deployment/cart", "--replicas=1")), want: recoveredBut("Deployment/shop/cart")},
		{name: "neighbour has lower limits", why: "web is well; that cart may use less memory from now on is worth a word, and no veto",
			action: "kubectl apply -f shop.yaml", ill: steps(applies(cart(sized(deployment(2, ""), `{limits: {memory: 1Gi}}`))), sickens("crashloop", "CrashLoopBackOff"), cartSettles()),
			do: steps(undo, applies(cart(sized(deployment(2, ""), `{limits: {memory: 64Mi}}`))), cartSettles()), want: recoveredBut("Deployment/shop/cart")},
		{name: "neighbour restarted", why: "web is well; a restart of a pod of cart that is well again is worth a word, and no veto",
			action: undoText, ill: ill, do: undo, meanwhile: in(0, lives("app=cart", 0, 1, true)), want: recoveredBut("Deployment/shop/cart")},
		{name: "neighbour killed for its memory", why: "web is well; a container of cart ran out of memory once and is well again, which is worth a word, and no veto",
			action: undoText, ill: ill, do: undo, meanwhile: in(0, killed("app=cart", time.Hour)), want: recoveredBut("Deployment/shop/cart")},
		{name: "neighbour killed for its memory over and over", why: "web is well, and a pod of cart does not stay up since, for want of memory",
			action: undoText, ill: ill, do: undo, meanwhile: in(0, turn("app=cart", "oom", false)), mistakes: []int{12}, want: cartRegressed},
		{name: "neighbour's Service emptied", why: "web and cart run, but nobody can reach cart any more",
			action: "kubectl apply -f shop.yaml", ill: steps(applies(cart(webService)), ill),
			do:       steps(undo, runs("patch", "service", "cart", "-p", `{"spec":{"selector":{"app":"nobody"}}}`)),
			mistakes: []int{12}, want: outcome{aftercheck.Degraded, aftercheck.ReasonRegressed, aftercheck.AnswerYes, []string{"Service/shop/cart"}}},
		{name: "two incidents, one healed", why: "web is well; cart has an incident of its own, older than the action",
			action: undoText, ill: steps(applies(cart(deployment(2, "imagepull"))), waits("app=cart", 2, "ImagePullBackOff"), sickens("oom", "CrashLoopBackOff")),
			do: undo, mistakes: []int{15}, want: recovered},
	}
}

// atOnce is web with three replicas that are all replaced together.
func atOnce(state string) string {
	return of("Deployment", "  strategy: {type: Recreate}\n", deployment(3, state))
}

// steadinessScenes are about what happens while it is observed.
func steadinessScenes() []scene {
	crashing := neverWell(3, "crashloop", "CrashLoopBackOff")
	one := neverWell(1, "crashloop", "CrashLoopBackOff")
	other := strings.Replace(deployment(2, ""), "web:1", "web:9", 1)
	return []scene{
		{name: "two of three pods healed", why: "one of the three pods crashes as before",
			action: "restart_service:web", ill: crashing, do: steps(
				turn("app=web,"+StateLabel+"=crashloop", "recovered", true), turn("app=web,"+StateLabel+"=crashloop", "recovered", true)), mistakes: []int{12}, want: partly},
		{name: "one bad pod becomes three", why: "one pod crashed before, and all three do now",
			action: restartText, ill: steps(applies(atOnce("")), eventually("app=web", 3, ready), turn("app=web", "crashloop", false)),
			do:       steps(applies(atOnce("crashloop")), waits("app=web,"+StateLabel+"=crashloop", 3, "CrashLoopBackOff")),
			mistakes: []int{12}, want: outcome{aftercheck.Failed, aftercheck.ReasonWorse, aftercheck.AnswerNo, nil}},
		{name: "falls back after two good rounds", why: "it ran for two rounds, and crashes again",
			action: "restart_service:web", ill: one, do: livesAfter(time.Second, "app=web", 0, 8, true), meanwhile: in(2, lives("app=web", -1, 9, false)),
			mistakes: []int{9}, want: flapped},
		{name: "good between two crashes", why: "each glance finds it running, but it restarts between them: it lives for four seconds",
			action: "restart_service:web", ill: one, do: livesAfter(4*time.Second, "app=web", 0, 8, true), rounds: 7,
			meanwhile: func(st *stage, i int) {
				if i%2 == 0 && i > 0 {
					livesAfter(4*time.Second, "app=web", 0, 8+i/2, true)(st)
				}
			}, mistakes: []int{7, 9}, want: outcome{aftercheck.Degraded, aftercheck.ReasonFlapping, aftercheck.AnswerUnknown, nil}},
		{name: "recovers, falls back, recovers for good", why: "it fell back once, and has held for long since",
			action: "restart_service:web", ill: one, do: turn("app=web", "recovered", true), rounds: 9,
			meanwhile: func(st *stage, i int) {
				switch i {
				case 1:
					turn("app=web", "crashloop", false)(st)
				case 3:
					turn("app=web", "recovered", true)(st)
				}
			}, want: recovered},
		{name: "drifted by another rollout", why: "somebody rolled out another image while it was observed: it is well, but whose doing is it",
			action: undoText, ill: sickens("crashloop", "CrashLoopBackOff"), do: undo, rounds: 8, meanwhile: in(1, applies(other)), mistakes: []int{15}, want: drifted},
		{name: "scaled meanwhile", why: "a change of replicas alone is what an autoscaler does; it takes nothing from the recovery",
			action: undoText, ill: sickens("crashloop", "CrashLoopBackOff"), do: undo, rounds: 8, meanwhile: in(1, runs("scale", "deployment/web", "--replicas=4")), mistakes: []int{15}, want: recovered},
		{name: "deleted while it was observed", why: "it was well for two rounds, and then somebody deleted it",
			action: undoText, ill: sickens("crashloop", "CrashLoopBackOff"), do: undo, meanwhile: in(2, runs("delete", "deployment", "web")), mistakes: []int{8}, want: targetGone},
		{name: "restarted container outlives its last life", why: "the container that crashed after ten seconds has run for more than that, and is ready",
			action: "restart_service:web", ill: steps(well(1), lives("app=web", -1, 4, false)), do: lives("app=web", 0, 5, true), rounds: 10, want: recovered},
		{name: "restarted container is younger than its last life", why: "the container lived for ten seconds before each crash, and has run for six",
			action: "restart_service:web", ill: steps(well(1), lives("app=web", -1, 4, false)), do: lives("app=web", 0, 5, true), rounds: 3, mistakes: []int{4, 9}, want: converging},
		{name: "killed again", why: "the pods that ran out of memory ran for two rounds after the restart, and one was killed again",
			action: restartText, ill: neverWell(1, "oom", "CrashLoopBackOff"), do: applies(deployment(1, "")), rounds: 4, meanwhile: in(2, killed("app=web", 4*time.Second)),
			mistakes: []int{9}, want: outcome{aftercheck.Degraded, aftercheck.ReasonFlapping, aftercheck.AnswerUnknown, nil}},
		{name: "restarted long ago", why: "seven restarts of the past count for nothing: the container has run for an hour, and nothing was wrong or was done",
			action: "mcp:ssh_diagnose node-0", ill: steps(well(1), lives("app=web", time.Hour, 7, true)), mistakes: []int{7}, want: onlyLooked},
	}
}
