package examples_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/aftercheck/aftercheck"
)

// strictly decodes a file; an unknown field is an error.
func strictly[T any](t *testing.T, file string) T {
	t.Helper()
	var out T
	text, err := os.ReadFile(file)
	if err == nil {
		err = yaml.UnmarshalStrict(text, &out)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return out
}

// expanded puts values in for {{name}} or ${{ name }}; each must be known.
func expanded(t *testing.T, text string, values map[string]string) string {
	t.Helper()
	return regexp.MustCompile(`\$?\{\{ ?([a-z._-]+) ?\}\}`).ReplaceAllStringFunc(text, func(hole string) string {
		value, known := values[strings.Trim(hole, "${} ")]
		if !known {
			t.Errorf("%s is not known", hole)
		}
		return value
	})
}

type parameters struct {
	Parameters []struct {
		Name      string                         `json:"name"`
		Value     string                         `json:"value"`
		ValueFrom struct{ Path, Default string } `json:"valueFrom"`
	} `json:"parameters"`
}

// workflowTemplate is the part of Argo's WorkflowTemplate that the example uses.
type workflowTemplate struct {
	APIVersion string                `json:"apiVersion"`
	Kind       string                `json:"kind"`
	Metadata   struct{ Name string } `json:"metadata"`
	Spec       struct {
		ServiceAccountName string     `json:"serviceAccountName"`
		Entrypoint         string     `json:"entrypoint"`
		Arguments          parameters `json:"arguments"`
		Templates          []struct {
			Name      string           `json:"name"`
			Inputs    parameters       `json:"inputs"`
			Outputs   parameters       `json:"outputs"`
			Container corev1.Container `json:"container"`
			Volumes   []corev1.Volume  `json:"volumes"`
		} `json:"templates"`
	} `json:"spec"`
}

func TestArgoStep(t *testing.T) {
	spec := strictly[workflowTemplate](t, "argo/restart.yaml").Spec
	step := spec.Templates[0]
	if spec.Entrypoint != step.Name || step.Volumes[0].Name != step.Container.VolumeMounts[0].Name || len(step.Container.Command) != 2 {
		t.Errorf("reads %+v", spec)
	}
	values := map[string]string{}
	for _, p := range spec.Arguments.Parameters {
		values["workflow.parameters."+p.Name] = p.Value
	}
	for _, p := range step.Inputs.Parameters {
		values["inputs.parameters."+p.Name] = expanded(t, p.Value, values)
	}
	var environment []string
	for _, e := range step.Container.Env {
		environment = append(environment, e.Name+"="+expanded(t, e.Value, values))
	}
	for _, example := range []struct {
		cures   bool
		code    int
		verdict string
	}{{true, 0, "success"}, {false, 11, "failed"}} {
		w := newWard(t, example.cures, 0)
		script := strings.ReplaceAll(step.Container.Args[0], step.Outputs.Parameters[0].ValueFrom.Path, "verdict")
		out, code := w.run(environment, append(step.Container.Command, script)...)
		if code != example.code || !strings.Contains(out, "kubectl -n shop rollout restart deployment/api") || w.content("verdict") != example.verdict+"\n" {
			t.Errorf("exits %d with %q: %s", code, w.content("verdict"), out)
		}
		if verdicts := w.judged("kubectl -n shop rollout restart deployment/api"); len(verdicts) != 1 || string(verdicts[0]) != example.verdict {
			t.Errorf("judged %v", verdicts)
		}
	}
}

// workflow is the part of a GitHub workflow that the example uses.
type workflow struct {
	Name string `json:"name"`
	On   struct {
		Dispatch struct {
			Inputs map[string]struct {
				Description, Default string
				Required             bool
			} `json:"inputs"`
		} `json:"workflow_dispatch"`
	} `json:"true"` // how this decoder, of YAML 1.1, reads on
	Permissions map[string]string `json:"permissions"`
	Concurrency string            `json:"concurrency"`
	Jobs        map[string]struct {
		RunsOn         []string          `json:"runs-on"`
		TimeoutMinutes int               `json:"timeout-minutes"`
		Outputs        map[string]string `json:"outputs"`
		Env            map[string]string `json:"env"`
		Steps          []struct {
			Name, ID, If, Run string
			Env               map[string]string `json:"env"`
		} `json:"steps"`
	} `json:"jobs"`
}

func TestGitHubWorkflow(t *testing.T) {
	flow := strictly[workflow](t, "github/rollback.yaml")
	job := flow.Jobs["rollback"]
	for _, example := range []struct {
		cures         bool
		kubectl, code int
		verdict       string
	}{{true, 0, 0, "success"}, {false, 0, 11, "failed"}, {false, 3, 3, "none"}} {
		values := map[string]string{}
		for name, input := range flow.On.Dispatch.Inputs {
			values["inputs."+name] = input.Default
		}
		w := newWard(t, example.cures, example.kubectl)
		environment := []string{"GITHUB_OUTPUT=output", "GITHUB_STEP_SUMMARY=summary"}
		for name, value := range job.Env {
			environment = append(environment, name+"="+expanded(t, value, values))
		}
		out, code := w.run(environment, "bash", "-e", "-c", job.Steps[0].Run)
		if code != example.code || w.content("output") != "verdict="+example.verdict+"\n" {
			t.Errorf("exits %d with %q: %s", code, w.content("output"), out)
		}
		values["steps.repair.outputs.verdict"] = example.verdict
		if job.Steps[0].ID != "repair" || expanded(t, job.Outputs["verdict"], values) != example.verdict {
			t.Errorf("gives out %q", job.Outputs)
		}
		said := expanded(t, job.Steps[1].Env["VERDICT"], values)
		if out, code := w.run(append(environment, "VERDICT="+said), "bash", "-e", "-c", job.Steps[1].Run); code != 0 || !strings.Contains(w.content("summary"), "api for ApiErrorsHigh - "+example.verdict) {
			t.Errorf("exits %d with %q: %s", code, w.content("summary"), out)
		}
		w.judged("kubectl -n shop rollout undo deployment/api")
	}
}

func TestAnsiblePlaybook(t *testing.T) {
	playbook, err := filepath.Abs("ansible/repair.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, example := range []struct {
		cures       bool
		tag, action string
		code        int
		said        string
		verdict     aftercheck.Verdict
	}{
		{true, "run", "kubectl -n shop rollout restart deployment/api", 0, "changed=1", aftercheck.Success},
		{false, "run", "kubectl -n shop rollout restart deployment/api", 2, "failed (still_broken)", aftercheck.Failed},
		{true, "steps", "kubectl rollout restart deployment/api", 0, "success (recovered)", aftercheck.Success},
		{false, "steps", "kubectl rollout restart deployment/api", 2, "failed (still_broken)", aftercheck.Failed},
	} {
		w := newWard(t, example.cures, 0)
		out, code := w.run([]string{"HOME=" + w.dir, "ANSIBLE_LOCALHOST_WARNING=False"}, "ansible-playbook", "-i", "localhost,", "-c", "local", "--tags", example.tag, playbook)
		if code != example.code || !strings.Contains(out, example.said) {
			t.Errorf("%s exits %d: %s", example.tag, code, out)
		}
		if verdicts := w.judged(example.action); len(verdicts) != 1 || verdicts[0] != example.verdict {
			t.Errorf("%s judged %v", example.tag, verdicts)
		}
	}
}

// robustaValues is the part of the values of Robusta's chart that the example uses.
type robustaValues struct {
	PlaybookRepos map[string]struct {
		URL string `json:"url"`
	} `json:"playbookRepos"`
	CustomPlaybooks []struct {
		Triggers []map[string]map[string]string `json:"triggers"`
		Actions  []map[string]map[string]string `json:"actions"`
	} `json:"customPlaybooks"`
}

func TestRobustaAction(t *testing.T) {
	values := strictly[robustaValues](t, "robusta/values.yaml")
	if _, named := values.CustomPlaybooks[0].Actions[0]["restart_and_verify"]; !named {
		t.Errorf("reads %+v", values)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("PYTHONPATH=%[1]s/robusta:%[1]s/testdata/robusta:%[1]s/../client/python", here)
	w := newWard(t, true, 0)
	out, code := w.run([]string{path}, "python3", "-W", "error", filepath.Join(here, "testdata/robusta/fire.py"))
	if code != 0 || !strings.Contains(out, "Restarted shop/api: *success* (recovered).") || !strings.Contains(out, "the alert names no Deployment") {
		t.Errorf("exits %d: %s", code, out)
	}
	if verdicts := w.judged("kubectl -n shop rollout restart deployment/api"); len(verdicts) != 1 || verdicts[0] != aftercheck.Success {
		t.Errorf("judged %v", verdicts)
	}
}
