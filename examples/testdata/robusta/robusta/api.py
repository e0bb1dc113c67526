"""The names of robusta.api that the example uses; Robusta itself is in no registry that the tests install from."""

action = lambda function: function  # noqa: E731


class MarkdownBlock:
    def __init__(self, text):
        self.text = text


class PrometheusKubernetesAlert:
    pass
