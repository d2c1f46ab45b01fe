import { createApp } from 'vue'
import { whenUnauthenticated } from './api/http'
import { platform } from './api/platform'
import { forgetSession } from './api/session'
import App from './app.vue'
import { setZone } from './format/dates'
import { router } from './router'
import { applyPreferences } from './shell/preferences'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './styles/tokens.css'
import './styles/base.css'

applyPreferences()
platform().then(
  (answer) => setZone(answer.zone),
  () => {}, // the screen that needs the server says that it cannot be reached
)
whenUnauthenticated(() => {
  forgetSession()
  const next = router.currentRoute.value.fullPath
  void router.push({ path: '/login', query: { next, ended: '1' } })
})
createApp(App).use(router).mount('#app')
