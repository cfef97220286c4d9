{{- /* What selects the pods of one part. Parameters: root, part. */ -}}
{{- define "amml.selector" -}}
app.kubernetes.io/name: amml
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- /* The labels of every object of a part. */ -}}
{{- define "amml.labels" -}}
{{ include "amml.selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end -}}

{{- /* The beginning of every object. Parameters: root, part, more (after the release's name). */ -}}
{{- define "amml.metadata" -}}
metadata:
  name: {{ .root.Release.Name }}-{{ .part }}{{ with .more }}-{{ . }}{{ end }}
  labels: {{- include "amml.labels" . | nindent 4 }}
{{- end -}}

{{- /* What all pods have in common: restricted, and spread. Parameters: root, part, uid. */ -}}
{{- define "amml.pod" -}}
serviceAccountName: {{ .root.Release.Name }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ .uid }}
  runAsGroup: {{ .uid }}
  fsGroup: {{ .uid }}
  fsGroupChangePolicy: OnRootMismatch # PostgreSQL wants its folder as it left it
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "amml.selector" . | nindent 8 }}
{{- end -}}

{{- /* What no container may. */ -}}
{{- define "amml.security" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: { drop: [ALL] }
{{- end -}}

{{- /* The volume `data` of a development instance, in the pod and, if it is to stay, as a claim. */ -}}
{{- define "amml.data" -}}
{{- if not . }}
- name: data
  emptyDir: {}
{{- end }}
{{- end -}}
{{- define "amml.claim" -}}
{{- with . }}
volumeClaimTemplates:
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: { name: data }
    spec:
      accessModes: [ReadWriteOnce]
      resources: { requests: { storage: {{ . }} } }
{{- end }}
{{- end -}}

{{- define "amml.token" -}}
{{ .Values.token.secret | default "amml-token" }}
{{- end -}}

{{- define "amml.database" -}}
{{- if .Values.database.development.enabled -}}
{{ .Release.Name }}-postgres
{{- else -}}
{{ required "database.secret: which Secret has the url of PostgreSQL? Or set database.development.enabled" .Values.database.secret }}
{{- end -}}
{{- end -}}

{{- define "amml.kafka" -}}
{{- if .Values.kafka.development.enabled -}}
{{ .Release.Name }}-kafka:9092
{{- else -}}
{{ required "kafka.address: where is Kafka? Or set kafka.development.enabled" .Values.kafka.address }}
{{- end -}}
{{- end -}}

{{- define "amml.hdfs" -}}
{{- if .Values.hdfs.development.enabled -}}
http://{{ .Release.Name }}-hdfs:9870
{{- else -}}
{{ required "hdfs.url: where is WebHDFS? Or set hdfs.development.enabled" .Values.hdfs.url }}
{{- end -}}
{{- end -}}

{{- define "amml.connect" -}}
{{- if .Values.connect.development.enabled -}}
http://{{ .Release.Name }}-connect:8083
{{- else -}}
{{ .Values.connect.url }}
{{- end -}}
{{- end -}}

{{- /* A value that is made once and kept. Parameters: root, secret, key. */ -}}
{{- define "amml.kept" -}}
{{- $there := lookup "v1" "Secret" .root.Release.Namespace .secret -}}
{{- if $there -}}
{{ index $there.data .key | b64dec }}
{{- else -}}
{{ randAlphaNum 48 }}
{{- end -}}
{{- end -}}
