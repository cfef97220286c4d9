{{- /* The labels of every object of this workflow. */ -}}
{{- define "workflow.labels" -}}
app.kubernetes.io/name: amml-workflow
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
amml/workflow: {{ .Values.workflow }}
amml/run: {{ .Values.run | quote }}
{{- end -}}

{{- /* What tells the pods of one step from all others; it never changes under a StatefulSet. */ -}}
{{- define "workflow.selector" -}}
amml/workflow: {{ .root.Values.workflow }}
amml/step: {{ .step.name }}
{{- end -}}

{{- /* The full name of an image. */ -}}
{{- define "workflow.image" -}}
{{- $image := .root.Values.image -}}
{{- with $image.registry }}{{ . }}/{{ end }}amml/{{ .step.image }}:{{ $image.tag }}
{{- end -}}

{{- /* The template of a step's pods. Parameters: root, step, index (the label with the slot), restart. */ -}}
{{- define "workflow.pod" -}}
{{- $values := .root.Values -}}
metadata:
  labels:
    {{- include "workflow.selector" . | nindent 4 }}
    amml/control: {{ .step.control | quote }}
  annotations:
    amml/label: {{ .step.label }}
    amml/spec: {{ sha256sum .step.spec }} # another specification restarts the step
spec:
  restartPolicy: {{ .restart }}
  serviceAccountName: {{ .root.Release.Name }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: 30
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    seccompProfile: { type: RuntimeDefault }
  {{- with $values.image.pullSecrets }}
  imagePullSecrets: {{ range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with $values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "workflow.selector" . | nindent 10 }}
  containers:
    - name: step
      image: {{ include "workflow.image" . }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      envFrom:
        - configMapRef: { name: {{ $values.platform.configMap }} }
      env:
        {{- range $name, $value := $values.environment }}
        - { name: {{ $name }}, value: {{ $value | quote }} }
        {{- end }}
        - { name: AMML_SPEC, value: /etc/amml/spec.json }
        - name: AMML_SLOT
          valueFrom:
            fieldRef: { fieldPath: "metadata.labels['{{ .index }}']" }
        - { name: AMML_SLOTS, value: {{ .step.slots | quote }} }
        - { name: AMML_METRICS_HOST, value: 0.0.0.0 }
        - { name: AMML_METRICS_PORT, value: "9400" }
        # Its last words become the pod's: `kubectl describe` and `amml status` show them.
        - { name: AMML_EXIT_FILE, value: /dev/termination-log }
        {{- if eq .restart "Never" }}
        # A Job counts exit code 0 as completed, and one that was told to stop has not.
        - { name: AMML_STOPPED_CODE, value: "143" }
        {{- end }}
        {{- if .step.control }}
        - { name: AMML_TOKEN_FILE, value: /run/secrets/amml/token }
        {{- end }}
        {{- if .step.secrets }}
        - { name: AMML_SECRETS, value: /run/secrets/steps }
        {{- end }}
      ports:
        - { name: metrics, containerPort: 9400 }
      # The port answers once the step has restored what it knew, so the first answer may take as
      # long as a restore: an hour at the most. From then on it answers until the step is frozen.
      startupProbe:
        httpGet: { path: /metrics, port: metrics }
        periodSeconds: 2
        timeoutSeconds: 5
        failureThreshold: 1800
      livenessProbe:
        httpGet: { path: /metrics, port: metrics }
        periodSeconds: 30
        timeoutSeconds: 15
        failureThreshold: 10
      readinessProbe:
        httpGet: { path: /metrics, port: metrics }
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 6
      resources: {{- toYaml (ternary $values.resources.train $values.resources.default (eq .step.image "train")) | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        capabilities: { drop: [ALL] }
      volumeMounts:
        - { name: spec, mountPath: /etc/amml, readOnly: true }
        - { name: tmp, mountPath: /tmp }
        {{- if .step.control }}
        - { name: token, mountPath: /run/secrets/amml, readOnly: true }
        {{- end }}
        {{- if .step.secrets }}
        - { name: secrets, mountPath: /run/secrets/steps, readOnly: true }
        {{- end }}
        {{- if $values.platform.kafkaSecret }}
        - { name: kafka, mountPath: /run/secrets/kafka, readOnly: true }
        {{- end }}
  volumes:
    - name: spec
      configMap: { name: {{ .step.name }} }
    - name: tmp
      emptyDir: { sizeLimit: {{ $values.temporary }} }
    {{- if .step.control }}
    - name: token
      secret:
        secretName: {{ $values.platform.tokenSecret }}
        defaultMode: 288 # 0440: the group is ours
    {{- end }}
    {{- if .step.secrets }}
    - name: secrets
      secret:
        secretName: {{ $values.platform.stepsSecret }}
        defaultMode: 288
        items: # what this step asks for, and no more
          {{- range .step.secrets }}
          - { key: {{ . }}, path: {{ . }} }
          {{- end }}
    {{- end }}
    {{- with $values.platform.kafkaSecret }}
    - name: kafka
      secret: { secretName: {{ . }}, defaultMode: 288 }
    {{- end }}
{{- end -}}
